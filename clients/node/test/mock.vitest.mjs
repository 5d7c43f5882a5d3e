import { test } from 'vitest'

import { define } from './suite.mjs'

define(test)
