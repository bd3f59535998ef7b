/** One end of a blocking serial line, in a process of its own: everything happens in one go, and no call ever wants. */
import { readFileSync } from 'node:fs'
import { nodeCrypto } from '@biopair/crypto-node'
import { FdBio } from '@biopair/node'
import { Ssl, SslContext } from '@biopair/ssl'

interface Task {
  readonly role: 'client' | 'server'
  readonly path: string
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly bytes: number
}

const task = JSON.parse(readFileSync(0, 'utf8')) as Task
const bio = FdBio.open(task.path)
const client = task.role === 'client'
const ssl = new Ssl(
  new SslContext(
    client
      ? { crypto: nodeCrypto, ca: task.ca }
      : { crypto: nodeCrypto, cert: task.cert, key: task.key },
  ),
  client ? { servername: 'server.example' } : {},
)
ssl.setBio(bio)
if (client) ssl.setConnectState()
else ssl.setAcceptState()

/** Every status that a call had, in order, repeats left out. */
const said: string[] = []
function say<O extends { readonly status: string }>(call: string, outcome: O): O {
  const now = `${call} ${outcome.status}`
  if (said.at(-1) !== now) said.push(now)
  return outcome
}

function send(): void {
  const bytes = Uint8Array.from({ length: task.bytes }, (_, i) => (i * 31) & 0xff)
  for (let sent = 0; sent < bytes.length; ) {
    const outcome = say('write', ssl.write(bytes.subarray(sent)))
    if (outcome.status !== 'done') return
    sent += outcome.bytes
  }
}

function receive(): void {
  const into = new Uint8Array(5000)
  for (let got = 0; got < task.bytes; ) {
    const outcome = say('read', ssl.read(into))
    if (outcome.status !== 'done') return
    for (let i = 0; i < outcome.bytes; i++)
      if (into[i] !== (((got + i) * 31) & 0xff)) said.push(`wrong byte ${got + i}`)
    got += outcome.bytes
  }
}

say('doHandshake', ssl.doHandshake())
if (client) {
  send()
  receive()
  say('shutdown', ssl.shutdown())
  say('shutdown', ssl.shutdown())
} else {
  receive()
  send()
  say('read', ssl.read(new Uint8Array(1)))
  say('shutdown', ssl.shutdown())
}
say('close', ssl.close())
process.stdout.write(JSON.stringify({ blocking: bio.blocking, said }))
