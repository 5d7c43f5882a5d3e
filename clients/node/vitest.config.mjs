export default { test: { include: ['test/*.vitest.mjs'], testTimeout: 30_000 } }
