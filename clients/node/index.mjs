import videosMock from './index.js'

export const { start, VideosMock, VideosMockError } = videosMock
