/** An empty project in a temporary folder, with the packed tarballs of every package installed by npm. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './rooms.ts'

export interface Ran {
  readonly code: number | null
  readonly out: string
}

/** Runs a command to its end; both outputs in one text, standard output first. */
export function run(command: string, args: readonly string[], cwd: string, input = ''): Ran {
  const shell = process.platform === 'win32'
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    input,
    shell,
    encoding: 'utf8',
    timeout: 180_000,
    env: { ...process.env, ...quiet },
  })
  return { code: status, out: `${stdout}${stderr}${error?.message ?? ''}` }
}

const quiet = {
  npm_config_update_notifier: 'false',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
}

/** Whether npm's registry, whichever is configured, answers. */
export function registryAnswers(): boolean {
  const args = [
    'view',
    '@noble/hashes@2.4.0',
    'version',
    '--fetch-retries=0',
    '--fetch-timeout=15000',
  ]
  return run('npm', args, tmpdir()).code === 0
}

/** Packs every package as `pnpm publish` would, and answers the tarballs. */
export function pack(into: string): readonly string[] {
  for (const room of readdirSync(join(root, 'packages'))) {
    const args = ['pack', '--pack-destination', into]
    // Under `pnpm test` the pnpm that runs is named; otherwise the README's way of starting it works everywhere.
    const running = process.env.npm_execpath ?? ''
    const [command, before] = /pnpm(?:\.exe)?$/.test(running)
      ? [running, []]
      : ['npx', ['-y', 'pnpm@12']]
    const { code, out } = run(command, [...before, ...args], join(root, 'packages', room))
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
  readonly tarballs: readonly string[]

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'biopair-project-'))
    const tarballs = join(this.folder, 'tarballs')
    mkdirSync(tarballs)
    this.tarballs = pack(tarballs)
    this.write('package.json', '{ "name": "empty", "private": true, "type": "module" }')
    const { code, out } = run('npm', ['install', '--ignore-scripts', ...this.tarballs], this.folder)
    if (code !== 0) throw new Error(`npm install of the tarballs failed: ${out}`)
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  /** Runs a program of this project with Node. */
  node(name: string, input = ''): Ran {
    return run(process.execPath, [name], this.folder, input)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
