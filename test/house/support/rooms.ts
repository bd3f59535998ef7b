/** The rooms of the house as architecture.md section 1 draws them, and each package as it stands on the disk. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's root, seen from test/dist/house/support/. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** What a room may know of the house, the floor it is on, and whether it may need Node or the DOM. */
export interface Room {
  readonly floor: number
  readonly may: readonly string[]
}

/** A new package gets its line here, where the drawing has it. */
export const rooms: Readonly<Record<string, Room>> = {
  wire: { floor: 1, may: [] },
  crypto: { floor: 1, may: [] },
  bio: { floor: 1, may: [] },
  record: { floor: 2, may: ['wire', 'crypto'] },
  x509: { floor: 2, may: ['wire', 'crypto'] },
  handshake: { floor: 3, may: ['wire', 'crypto'] },
  ssl: { floor: 4, may: ['bio', 'wire', 'crypto', 'record', 'x509', 'handshake'] },
  'crypto-node': { floor: 5, may: ['crypto'] },
  web: { floor: 5, may: ['bio', 'wire', 'crypto', 'ssl'] },
  // Above the provider of Node's, which its sockets use unless told otherwise.
  node: { floor: 6, may: ['bio', 'wire', 'crypto', 'ssl', 'crypto-node'] },
  testkit: { floor: 5, may: ['bio', 'wire', 'crypto', 'record', 'x509', 'handshake', 'ssl'] },
  cli: {
    floor: 7,
    may: ['bio', 'wire', 'crypto', 'record', 'x509', 'handshake', 'ssl', 'crypto-node', 'node'],
  },
  // What people install stands on top of everything and hands it on.
  biopair: {
    floor: 8,
    may: [
      'bio',
      'wire',
      'crypto',
      'record',
      'x509',
      'handshake',
      'ssl',
      'crypto-node',
      'node',
      'web',
      'cli',
    ],
  },
}

/** The highest floor that knows neither Node nor the DOM. */
export const highestPureFloor = 4

/** The one place above it where Node is kept out, too: what of `biopair` may import `node:`. */
export const nodeFilesOfBiopair: readonly string[] = ['bin.ts']

export interface SourceFile {
  /** Relative to src/. */
  readonly name: string
  readonly text: string
}

/** One package: what its two configurations say and all of its sources. */
export interface Package {
  /** The folder's name, which is the room's. */
  readonly room: string
  readonly manifest: {
    readonly name: string
    readonly dependencies?: Readonly<Record<string, string>>
    readonly [field: string]: unknown
  }
  readonly tsconfig: {
    readonly compilerOptions?: {
      readonly lib?: readonly string[]
      readonly types?: readonly string[]
    }
    readonly references?: readonly { readonly path: string }[]
  }
  readonly sources: readonly SourceFile[]
}

/** Every package of the workspace. */
export function packages(): readonly Package[] {
  return readdirSync(join(root, 'packages')).map(room => {
    const folder = join(root, 'packages', room)
    const src = join(folder, 'src')
    return {
      room,
      manifest: json(join(folder, 'package.json')) as Package['manifest'],
      tsconfig: json(join(folder, 'tsconfig.json')) as Package['tsconfig'],
      sources: readdirSync(src, { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.ts'))
        .map(name => ({
          name: name.replaceAll('\\', '/'),
          text: readFileSync(join(src, name), 'utf8'),
        })),
    }
  })
}

/** What all tsconfig files extend. */
export function baseOptions(): NonNullable<Package['tsconfig']['compilerOptions']> {
  const base = json(join(root, 'tsconfig.base.json')) as Package['tsconfig']
  return base.compilerOptions ?? {}
}

function json(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}
