/** A server in a child process that says `ACCEPT ...:port` on its stdout, and is killed in the end. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contender, ContenderOptions } from './contender.ts'
import { TcpLine } from './tcp-line.ts'

const leafEnd = '-----END CERTIFICATE-----'

/** @param argumentsFor what to start, given the files of the chain, of its key, and of the chain without the leaf */
export async function childServer(
  name: string,
  program: string,
  { cert, key, longestStart = 20_000, longestSilence = 3000 }: ContenderOptions,
  argumentsFor: (certFile: string, keyFile: string, restFile: string) => readonly string[],
): Promise<Contender> {
  for (const [option, pem] of Object.entries({ cert, key }))
    if (typeof pem !== 'string')
      throw new TypeError(`${name}: ${option}: expected PEM, got ${typeof pem}`)
  const folder = mkdtempSync(join(tmpdir(), 'biopair-oracle-'))
  const certFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  const restFile = join(folder, 'rest.pem')
  writeFileSync(certFile, cert)
  writeFileSync(restFile, cert.slice(cert.indexOf(leafEnd) + leafEnd.length))
  writeFileSync(keyFile, key, { mode: 0o600 })
  const child = spawn(program, argumentsFor(certFile, keyFile, restFile), {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const stop = () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  // What it is told when it has gone says nothing that its end does not.
  child.stdin.on('error', () => {})
  // A child outlives nobody who started it.
  process.once('exit', stop)
  let timer: NodeJS.Timeout | undefined
  let over: string | undefined
  try {
    const port = await new Promise<number>((resolve, reject) => {
      let said = ''
      const listen = (chunk: Buffer) => {
        said = (said + chunk.toString('latin1')).slice(-4096)
        const [, port] = /ACCEPT \S*?(\d+)\s/.exec(said) ?? []
        if (port) resolve(Number(port))
      }
      child.stdout.on('data', listen)
      child.stderr.on('data', listen)
      child.on('error', error => {
        const { code } = error as NodeJS.ErrnoException
        const why = code === 'ENOENT' ? 'there is no such program' : error.message
        over = `${name}: ${program}: ${why}`
        reject(new Error(over, { cause: error }))
      })
      // Not its exit, before which what it said last may not be here yet.
      child.once('close', (code, signal) => {
        over ??= `${name} ended with ${code ?? signal}: ${said}`
        reject(new Error(over))
      })
      timer = setTimeout(
        () => reject(new Error(`${name} said no port in ${longestStart} ms: ${said}`)),
        longestStart,
      )
    })
    return {
      name,
      connect: () =>
        TcpLine.to(port, longestSilence).catch((error: Error) => {
          throw new Error(over ?? `${name}: ${error.message}`, { cause: error })
        }),
      stop() {
        process.off('exit', stop)
        stop()
      },
    }
  } catch (error) {
    process.off('exit', stop)
    stop()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
