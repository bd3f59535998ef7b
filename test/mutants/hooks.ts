/** Module hooks: `ava` and `fast-check` are our own, and the modules of the package under test come with their mutants in them. */
import { readFileSync } from 'node:fs'
import type { LoadHook, ResolveHook } from 'node:module'
import { fileURLToPath } from 'node:url'

const here = new URL('./', import.meta.url).href

const shims: Readonly<Record<string, string>> = {
  ava: new URL('./ava-shim.js', import.meta.url).href,
  'fast-check': new URL('./fast-check-shim.js', import.meta.url).href,
}

let replaced: Readonly<Record<string, string>> = {}

/** `file`: a JSON object, the code by the path of the module. */
export function initialize({ file }: { readonly file: string }): void {
  replaced = JSON.parse(readFileSync(file, 'utf8'))
}

/** Everything asks for our own ava and fast-check but these themselves. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  const url = shims[specifier]
  return url === undefined || context.parentURL?.startsWith(here)
    ? next(specifier, context)
    : { url, shortCircuit: true }
}

/** The code with the mutants in it. */
export const load: LoadHook = async (url, context, next) => {
  const source = url.startsWith('file:') ? replaced[fileURLToPath(url)] : undefined
  return source === undefined
    ? next(url, context)
    : { format: 'module', source, shortCircuit: true }
}
