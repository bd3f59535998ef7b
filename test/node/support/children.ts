/** Children of these tests: pipes for all three streams, and a hard limit on their life. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { ExecutionContext } from 'ava'

/** Starts a program that is killed after the test, and after two minutes whatever happens. */
export function start(
  t: ExecutionContext,
  program: string,
  args: readonly string[],
): ChildProcessWithoutNullStreams {
  const child = spawn(program, args, {
    stdio: 'pipe',
    timeout: 120_000,
    killSignal: 'SIGKILL',
  })
  child.stdin.on('error', () => {})
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  t.teardown(() => {
    child.kill('SIGKILL')
    if (!t.passed) t.log(program, Buffer.concat(errors).toString('latin1'))
  })
  return child
}

/** The first line that a child prints. */
export async function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  return text.slice(0, text.indexOf('\n'))
}

/** All that a child prints until it ends, and its exit code or signal. */
export async function ending(
  child: ChildProcessWithoutNullStreams,
): Promise<{ text: string; code: number | string }> {
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { text: Buffer.concat(chunks).toString('latin1'), code: code ?? String(signal) }
}
