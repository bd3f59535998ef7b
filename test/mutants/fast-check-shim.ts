/** fast-check with fewer runs of each property: a mutant that few inputs tell apart is looked for by the tests themselves, run whole. */
import fc from 'fast-check'

const most = 25

type Parameters = { readonly numRuns?: number } | undefined

const fewer = (parameters: Parameters): object => ({
  ...parameters,
  numRuns: Math.min(parameters?.numRuns ?? 100, most),
})

const assert = (property: never, parameters?: Parameters): unknown =>
  fc.assert(property, fewer(parameters))

export default { ...fc, assert }
