import { nodeCrypto } from '@biopair/crypto-node'
import { type CarrierIdentity, type CarrierPair, carrierLaws } from '@biopair/testkit'
import {
  type CarrierFunctions,
  fromBroadcastChannel,
  fromDataChannel,
  fromFunctions,
  fromMessagePort,
  fromOpened,
  fromSerial,
  fromStreams,
  fromWebSocket,
} from '@biopair/web'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { patientTimers } from '../support/patient-timers.ts'
import {
  FakeDataChannel,
  FakeWebSocket,
  line,
  memoryFunctions,
  serialPorts,
} from './support/fakes.ts'
import { webSocketPair } from './support/web-socket-end.ts'

const { root, pem, keyPem } = chainFor('p256')
const identity: CarrierIdentity = {
  client: { ca: root.pem, servername: 'server.example', crypto: nodeCrypto, groups: 'x25519' },
  server: { cert: pem, key: keyPem, crypto: nodeCrypto },
}

const window = 131_072
let channels = 0

const kinds: Readonly<Record<string, () => CarrierPair | Promise<CarrierPair>>> = {
  'two functions': () => {
    const { near, far, cut } = memoryFunctions()
    return {
      near: fromFunctions(near as CarrierFunctions),
      far: fromFunctions(far as CarrierFunctions),
      bound: 0,
      cut,
      tells: true,
    }
  },
  'two streams': () => {
    const [there, back] = [line(), line()]
    return {
      near: fromStreams({ readable: back.readable, writable: there.writable }),
      far: fromStreams({ readable: there.readable, writable: back.writable }),
      bound: 4 * 16_384,
    }
  },
  'a serial port': () => {
    const [near, far] = serialPorts()
    return { near: fromSerial(near), far: fromSerial(far), bound: 4 * 16_384 }
  },
  'something that opens later': () => {
    const [there, back] = [line(), line()]
    const later = async (readable: ReadableStream, writable: WritableStream) => {
      await new Promise(resolve => setTimeout(resolve, 5))
      return { readable, writable }
    }
    return {
      near: fromOpened({ opened: later(back.readable, there.writable) }),
      far: fromOpened({ opened: later(there.readable, back.writable) }),
      bound: 4 * 16_384,
    }
  },
  'a MessagePort': () => {
    const { port1, port2 } = new MessageChannel()
    return { near: fromMessagePort(port1), far: fromMessagePort(port2), bound: window }
  },
  'a BroadcastChannel': () => {
    const name = `laws ${process.pid} ${channels++}`
    const [near, far] = [new BroadcastChannel(name), new BroadcastChannel(name)]
    return { near: fromBroadcastChannel(near), far: fromBroadcastChannel(far), bound: window }
  },
  'a WebSocket': () => {
    const [near, far] = [new FakeWebSocket(), new FakeWebSocket()]
    near.join(far)
    return {
      near: fromWebSocket(near),
      far: fromWebSocket(far),
      bound: 65_536,
      stall: () => {
        near.stalled = true
      },
    }
  },
  'a WebSocket that is connecting': () => {
    const [near, far] = [new FakeWebSocket(), new FakeWebSocket()]
    near.join(far)
    near.readyState = 0
    setTimeout(() => near.readyState === 0 && near.open(), 5)
    return {
      near: fromWebSocket(near),
      far: fromWebSocket(far),
      bound: 65_536,
      stall: () => {
        near.stalled = true
      },
    }
  },
  'a WebSocket over TCP, which its reader can pause': async () => {
    const [near, far] = await webSocketPair()
    // What the kernel holds of both sides is not ours to bound.
    return { near: fromWebSocket(near), far: fromWebSocket(far), bound: 65_536 + 2 ** 23 }
  },
  'a data channel': () => {
    const [near, far] = [new FakeDataChannel(), new FakeDataChannel()]
    near.join(far)
    return {
      near: fromDataChannel(near),
      far: fromDataChannel(far),
      bound: 65_536 + 16_384,
      stall: () => {
        near.stalled = true
      },
      tells: false,
    }
  },
}

/** The same laws over TLS 1.2, as far as they are about TLS at all. */
const older: CarrierIdentity = {
  client: { ...identity.client, maxVersion: 'TLSv1.2' },
  server: { ...identity.server, maxVersion: 'TLSv1.2' },
}

for (const [kind, make] of Object.entries(kinds)) {
  for (const { title, keep } of carrierLaws(make, identity, patientTimers))
    test(`${kind}: ${title}`, async t => {
      t.timeout(280_000)
      await t.notThrowsAsync(keep())
    })
  // One after the other: the clock of a law is not for the work of all the others.
  for (const { title, keep } of carrierLaws(make, older, patientTimers).filter(law =>
    law.title.includes('TLS'),
  ))
    test.serial(`${kind}, TLS 1.2: ${title}`, async t => {
      t.timeout(280_000)
      await t.notThrowsAsync(keep())
    })
}
