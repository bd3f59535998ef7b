/** Jazzer.js in a folder of its own, no dependency of ours; with a C library beside it where the machine's is older than its binary wants. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const wanted = '@jazzer.js/core@4.0.0'
/** The Debian whose C library it is: 2.41, where the binary wants 2.38. */
const suite = 'trixie'
const parts = ['libc6', 'libstdc++6', 'libgcc-s1'] as const

/** The words of a command that runs Node with what the folder holds. */
export function nodeIn(folder: string): readonly [string, ...string[]] {
  const libraries = join(folder, 'libc/usr/lib')
  for (const name of existsSync(libraries) ? readdirSync(libraries) : []) {
    const path = join(libraries, name)
    const loader = readdirSync(path).find(file => /^ld-linux.*\.so\.\d$/.test(file))
    if (loader) return [join(path, loader), '--library-path', path, process.execPath]
  }
  return [process.execPath]
}

/** Why the Jazzer.js of a folder does not run on this machine; undefined where it does. */
export function whyNot(folder: string): string | undefined {
  const [node, ...words] = nodeIn(folder)
  const tried = run(folder, node, ...words, '-e', "require('@jazzer.js/core')")
  if (tried.status === 0) return undefined
  return said(tried)
}

/** Fetches it by way of npm, and of apt-get where it has to be; says why it still does not run, or undefined. */
export function fetchJazzer(folder: string): string | undefined {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']
  const added = run(folder, 'npm', 'install', ...quiet, wanted)
  if (added.status !== 0) return said(added)
  const reason = whyNot(folder)
  if (reason === undefined || !reason.includes('GLIBC')) return reason
  return newerLibrary(folder) ?? whyNot(folder)
}

/**
 * Unpacks the C library of a later Debian, from where this one's packages come and by the same keys. Nothing is installed: what apt-get
 * keeps is in the folder as well.
 */
function newerLibrary(folder: string): string | undefined {
  const apt = join(folder, 'apt')
  for (const each of ['lists/partial', 'archives/partial'])
    mkdirSync(join(apt, each), { recursive: true })
  const asked = run(apt, 'apt-get', 'update', '--print-uris')
  const [, from] = /'(\S+\/debian)\/dists\/[a-z]+\/InRelease'/.exec(asked.stdout) ?? []
  if (from === undefined) return `there is no Debian to take ${parts[0]} from: ${said(asked)}`
  const list = join(apt, 'sources.list')
  writeFileSync(list, `deb ${from} ${suite} main\n`)
  const options = Object.entries({
    'Dir::Etc::SourceList': list,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(apt, 'lists'),
    'Dir::Cache': apt,
    'Acquire::Languages': 'none',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  for (const words of [['update'], ['download', ...parts]]) {
    const done = run(apt, 'apt-get', '-qq', ...options, ...words)
    if (done.status !== 0) return said(done)
  }
  for (const file of readdirSync(apt).filter(name => name.endsWith('.deb'))) {
    const unpacked = run(apt, 'dpkg', '-x', file, join(folder, 'libc'))
    if (unpacked.status !== 0) return said(unpacked)
  }
  return undefined
}

function run(cwd: string, command: string, ...words: string[]): SpawnSyncReturns<string> {
  return spawnSync(command, words, { cwd, encoding: 'utf8', timeout: 180_000 })
}

/** The line that tells most. */
function said({ error, stdout, stderr }: SpawnSyncReturns<string>): string {
  const lines = `${stderr ?? ''}\n${stdout ?? ''}`.split('\n').filter(line => line.trim() !== '')
  const telling = lines.find(line => /Error|ERR_|^E: /.test(line)) ?? lines[0]
  return (error?.message ?? telling ?? 'no reason was given').trim()
}

/** What a folder holds, for those who are told of it: the version of Jazzer.js. */
export function versionIn(folder: string): string {
  const file = join(folder, 'node_modules/@jazzer.js/core/package.json')
  return JSON.parse(readFileSync(file, 'utf8')).version
}
