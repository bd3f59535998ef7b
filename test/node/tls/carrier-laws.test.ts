/** The carrier laws over Node streams. */
import { once } from 'node:events'
import { type Duplex, PassThrough, type Transform } from 'node:stream'
import { fromDuplex, TlsSocket } from '@biopair/node/tls'
import { type CarrierPair, carrierLaws } from '@biopair/testkit'
import test, { type ExecutionContext } from 'ava'
import { filesFor } from '../../interop/support/files.ts'
import { patientTimers } from '../../support/patient-timers.ts'
import { believes, identity, pairOfStreams, sockets } from './support/ends.ts'
import { SerialPort } from './support/serial-port.ts'

const memory = 4 * 16_384
// What the kernel holds of both sides is not ours to bound.
const kernel = memory + 2 ** 23

const kinds: Readonly<Record<string, (t: ExecutionContext) => Promise<CarrierPair>>> = {
  'a Duplex': async () => {
    const [near, far] = pairOfStreams()
    const cut = (error: Error) => {
      near.destroy(error)
      far.destroy(error)
    }
    return { ...carriers(near, far), bound: memory, cut, tells: false }
  },
  'two streams': async () => {
    const [there, back]: readonly Transform[] = [new PassThrough(), new PassThrough()]
    const [a, b] = [there as Transform, back as Transform]
    const near = fromDuplex({ readable: b, writable: a })
    const far = fromDuplex({ readable: a, writable: b })
    return { near, far, bound: memory, tells: false }
  },
  'a socket': async t => ({ ...carriers(...(await sockets(t))), bound: kernel, tells: false }),
  'a Unix socket': async t => {
    const path = `${filesFor('p256').certFile}.${process.pid}.${paths++}.sock`
    return { ...carriers(...(await sockets(t, path))), bound: kernel, tells: false }
  },
  'a serial port': async () => ({
    ...carriers(...SerialPort.line()),
    bound: 10 * memory,
    tells: false,
  }),
  'a TLS socket': async t => {
    const [near, far] = pairOfStreams()
    const outer = new TlsSocket(near, believes)
    const inner = new TlsSocket(far, { ...identity, isServer: true })
    t.teardown(() => outer.destroy() && inner.destroy())
    await Promise.all([once(outer, 'secureConnect'), once(inner, 'secure')])
    return { ...carriers(outer, inner), bound: 16 * memory }
  },
}

let paths = 0
/** Laws run one by one: who takes away what a kind leaves behind. */
let current: ExecutionContext | undefined

function carriers(near: Duplex, far: Duplex) {
  return { near: fromDuplex(near), far: fromDuplex(far) }
}

const maxVersion = 'TLSv1.2'
/** The same laws over TLS 1.2, as far as they are about TLS at all. */
const older = { client: { ...believes, maxVersion }, server: { ...identity, maxVersion } } as const

for (const [kind, makes] of Object.entries(kinds)) {
  const make = () => makes(current as ExecutionContext)
  const laws = carrierLaws(make, { client: believes, server: identity }, patientTimers)
  const laws12 = carrierLaws(make, older, patientTimers).filter(({ title }) =>
    title.includes('TLS'),
  )
  for (const [version, list] of [
    ['', laws],
    [', TLS 1.2', laws12],
  ] as const)
    for (const law of list)
      test.serial(`${kind}${version}: ${law.title}`, async t => {
        t.timeout(280_000)
        current = t
        await t.notThrowsAsync(law.keep())
      })
}
