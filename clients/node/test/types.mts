import { start, type RecordedRequest, type VideosMock } from 'videos-mock'

const mock: VideosMock = await start({ token: ['a', 'b'], pace: 'polls:3', args: ['--keep-requests', '10'] })
await mock.advance(60)
await mock.failNext('rate_limit', { times: 2 })
const requests: RecordedRequest[] = await mock.requests({ limit: 1 })
const status: number = requests[0].status
await mock.stop()
// @ts-expect-error: seconds are a number
await mock.advance('60')
export { status }
