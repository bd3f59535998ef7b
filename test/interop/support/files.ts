/** Certificates as files, for programs that read files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AnyKey, type AnyKind, type Chain, chainFor } from '../../support/mint.ts'

export interface ChainFiles extends Chain<AnyKey> {
  /** The leaf and the intermediate. */
  readonly certFile: string
  readonly keyFile: string
  /** The root. */
  readonly caFile: string
}

const folder = mkdtempSync(join(tmpdir(), 'biopair-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const made = new Map<AnyKind, ChainFiles>()

/** A path in a folder that goes away with this process. */
export function scratch(name: string): string {
  return join(folder, name)
}

/** Writes a text to such a file. */
export function written(name: string, text: string): string {
  const path = scratch(name)
  writeFileSync(path, text)
  return path
}

/** The chain of `chainFor`, in files. */
export function filesFor(kind: AnyKind): ChainFiles {
  const before = made.get(kind)
  if (before) return before
  const chain = chainFor(kind)
  const files = {
    ...chain,
    certFile: written(`${kind}.pem`, chain.pem),
    keyFile: written(`${kind}.key`, chain.keyPem),
    caFile: written(`${kind}.ca`, chain.root.pem),
  }
  made.set(kind, files)
  return files
}
