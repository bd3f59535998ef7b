/** The module that Jazzer.js loads: the target that BIOPAIR_TARGET names. */
import { register } from 'node:module'

const { BIOPAIR_TARGET: name, BIOPAIR_INSTRUMENTED: folder, BIOPAIR_CHANGED: changed } = process.env
register('./jazzer-cache.js', import.meta.url, { data: { folder, changed } })
// Only now: what is imported before comes without the hooks.
const { fuzzSubjects } = await import('@biopair/testkit/fuzz')
const { target } = fuzzSubjects()[name as keyof ReturnType<typeof fuzzSubjects>]

/** Throws where a law is broken, which is a finding. */
export function fuzz(data: Uint8Array): void {
  target(data)
}
