import { test } from 'node:test'

import { define } from './suite.mjs'

define(test)
