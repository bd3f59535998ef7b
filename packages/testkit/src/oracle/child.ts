/** A server in a child process that says `ACCEPT ...:port` on its stdout, and is killed in the end. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contender, ContenderOptions } from './contender.ts'
import { TcpLine } from './tcp-line.ts'

/** Milliseconds of silence that count as an answer. */
const patience = 3000
const leafEnd = '-----END CERTIFICATE-----'

/** @param argumentsFor what to start, given the files of the chain, of its key, and of the chain without the leaf */
export async function childServer(
  name: string,
  program: string,
  { cert, key }: ContenderOptions,
  argumentsFor: (certFile: string, keyFile: string, restFile: string) => readonly string[],
): Promise<Contender> {
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
  // A child outlives nobody who started it.
  process.once('exit', stop)
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
      child.once('error', error =>
        reject(
          new Error(`${name}: ${program} cannot be started: ${error.message}`, { cause: error }),
        ),
      )
      child.once('exit', code => reject(new Error(`${name} ended with ${code}: ${said}`)))
    })
    return {
      name,
      connect: () => TcpLine.to(port, patience),
      stop() {
        process.off('exit', stop)
        stop()
      },
    }
  } catch (error) {
    process.off('exit', stop)
    stop()
    throw error
  }
}
