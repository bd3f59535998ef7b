/** Module hooks that plant faults in the stack: an expression of a compiled module becomes another while `globalThis.$planted` names the fault. */
import type { LoadHook } from 'node:module'
import type { StackFault } from './planted-stack.ts'

let faults: readonly StackFault[] = []

export function initialize(given: { readonly faults: readonly StackFault[] }): void {
  faults = given.faults
}

/** Throws where the code of a fault does not stand in its module once: then the code has changed, and the fault has to follow it. */
export const load: LoadHook = async (url, context, next) => {
  const here = faults.filter(({ module }) => url.endsWith(`/packages/${module}`))
  const loaded = await next(url, context)
  if (here.length === 0) return loaded
  const source = here.reduce(planted, String(loaded.source))
  return { ...loaded, format: 'module', source }
}

function planted(source: string, { name, module, code, was, becomes }: StackFault): string {
  const parts = source.split(code)
  const [before, after, ...more] = code.split(was)
  if (parts.length !== 2 || after === undefined || more.length > 0)
    throw new TypeError(`${name}: expected \`${was}\` in \`${code}\` once in ${module}`)
  const choice = `(globalThis.$planted===${JSON.stringify(name)}?(${becomes}):(${was}))`
  return parts.join(`${before}${choice}${after}`)
}
