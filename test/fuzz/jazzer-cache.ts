/** Module hooks around those of Jazzer.js, which take seconds for our packages: what they made of a module is kept in a folder. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { LoadHook } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

let kept = ''
let changed: string | undefined

/** `changed`: the end of the path of a module that is another than on the disk, and is not kept. */
export function initialize(given: {
  readonly folder: string
  readonly changed: string | undefined
}): void {
  kept = given.folder
  changed = given.changed
}

/** By the path of a module and by what is in it. */
export const load: LoadHook = async (url, context, next) => {
  if (!url.startsWith('file:')) return next(url, context)
  const path = fileURLToPath(url)
  if (!path.endsWith('.js') || (changed && path.endsWith(changed))) return next(url, context)
  const name = createHash('sha256').update(path).update(readFileSync(path)).digest('hex')
  const file = join(kept, name)
  if (existsSync(file))
    return { format: 'module', source: readFileSync(file, 'utf8'), shortCircuit: true }
  const made = await next(url, context)
  if (made.format === 'module' && made.source) writeFileSync(file, made.source.toString())
  return made
}
