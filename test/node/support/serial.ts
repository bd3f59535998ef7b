/** A serial line: two pseudo-terminals in raw mode with a null modem between them, made by a python3 that ends with us. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { ExecutionContext } from 'ava'
import { firstLine, start } from './children.ts'

// It ends when its stdin does, and after four minutes whatever happens. At most 4096 bytes wait in it per direction.
const nullModem = `
import os, pty, select, signal, sys, tty
signal.alarm(240)
ends = [pty.openpty() for _ in range(2)]
for master, slave in ends:
    tty.setraw(slave)
    os.set_blocking(master, False)
print(' '.join(os.ttyname(slave) for _, slave in ends), flush=True)
masters = [master for master, _ in ends]
other = dict(zip(masters, reversed(masters)))
held = {master: b'' for master in masters}
while True:
    readers = [m for m in masters if not held[other[m]]]
    writers = [m for m in masters if held[m]]
    ready, room, _ = select.select(readers + [0], writers, [])
    if 0 in ready:
        sys.exit(0)
    for m in ready:
        held[other[m]] = os.read(m, 4096)
    for m in room:
        held[m] = held[m][os.write(m, held[m]):]
`

/** The paths of its two ends, and who carries the bytes between them: a kill is a cut line. */
export async function serialLine(
  t: ExecutionContext,
): Promise<{ paths: readonly [string, string]; modem: ChildProcessWithoutNullStreams }> {
  const modem = start(t, 'python3', ['-c', nullModem])
  const [left = '', right = ''] = (await firstLine(modem)).split(' ')
  return { paths: [left, right], modem }
}

/** Runs one of our programs with the master of a raw pseudo-terminal, whose slave is closed, as its descriptor 3. */
export const lonelyMaster = `
import os, pty, signal, sys, tty
master, slave = pty.openpty()
tty.setraw(slave)
os.write(slave, b'last words')
os.close(slave)
os.dup2(master, 3)
os.set_inheritable(3, True)
signal.alarm(15)
os.execv(sys.argv[1], sys.argv[1:])
`
