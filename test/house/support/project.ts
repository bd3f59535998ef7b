/** An empty project in a temporary folder, with the packed tarballs of every package installed by npm. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './rooms.ts'

export interface Ran {
  readonly code: number | null
  readonly out: string
}

/** Runs a command to its end, or for four minutes: then it is killed with all that it started. Both outputs in one text, standard output first. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  input = '',
): Promise<Ran> {
  const windows = process.platform === 'win32'
  const env = { ...process.env, ...quiet }
  // A group of its own: npm's and npx's children outlive them otherwise, with our pipes in their hands.
  const child = spawn(command, args, { cwd, env, shell: windows, detached: !windows })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
    })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  let late = ''
  const timer = setTimeout(() => {
    late = 'killed: four minutes were not enough'
    if (windows || child.pid === undefined) child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  }, 240_000)
  const code = await new Promise<number | null>(resolve => {
    child.on('error', ({ message }) => {
      late = message
      resolve(null)
    })
    child.on('close', resolve)
  })
  clearTimeout(timer)
  return { code, out: `${texts.stdout}${texts.stderr}${late}` }
}

const quiet = {
  npm_config_update_notifier: 'false',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  // A registry that does not answer is told within a minute.
  npm_config_fetch_retries: '1',
  npm_config_fetch_retry_maxtimeout: '5000',
  npm_config_fetch_timeout: '20000',
}

/** Whether npm's registry, whichever is configured, answers. */
export function registryAnswers(): boolean {
  const words = ['@noble/hashes@2.4.0', 'version', '--fetch-retries=0', '--fetch-timeout=15000']
  const shell = process.platform === 'win32'
  return spawnSync('npm', ['view', ...words], { shell, timeout: 30_000 }).status === 0
}

/** Packs every package as `pnpm publish` would, and answers the tarballs. */
export async function pack(into: string): Promise<readonly string[]> {
  for (const room of readdirSync(join(root, 'packages'))) {
    const args = ['pack', '--pack-destination', into]
    // Under `pnpm test` the pnpm that runs is named; otherwise the README's way of starting it works everywhere.
    const running = process.env.npm_execpath ?? ''
    const [command, before] = /pnpm(?:\.exe)?$/.test(running)
      ? [running, []]
      : ['npx', ['-y', 'pnpm@12']]
    const { code, out } = await run(command, [...before, ...args], join(root, 'packages', room))
    if (code !== 0) throw new Error(`pnpm pack of ${room} failed: ${out}`)
  }
  return readdirSync(into)
    .filter(name => name.endsWith('.tgz'))
    .map(name => join(into, name))
}

/** A project that has nothing but the tarballs installed. */
export class EmptyProject {
  readonly folder: string
  /** The names of the tarballs. */
  tarballs: readonly string[] = []

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'biopair-project-'))
  }

  /** Packs and installs them all. */
  async install(): Promise<void> {
    const tarballs = join(this.folder, 'tarballs')
    mkdirSync(tarballs)
    this.tarballs = await pack(tarballs)
    this.write('package.json', '{ "name": "empty", "private": true, "type": "module" }')
    const { code, out } = await run(
      'npm',
      ['install', '--ignore-scripts', ...this.tarballs],
      this.folder,
    )
    if (code !== 0) throw new Error(`npm install of the tarballs failed: ${out}`)
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  /** Runs a program of this project with Node. */
  node(name: string, input = ''): Promise<Ran> {
    return run(process.execPath, [name], this.folder, input)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
