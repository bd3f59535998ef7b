/** A carrier of any pair of functions that answer later. */
import type { ByteCarrier } from '@biopair/ssl/stream'
import type { Bytes } from '@biopair/wire'
import { bytesOf } from '../bytes.ts'
import { misuse, shown } from '../misuse.ts'

/** One `read` and one `write` are under way at a time. One that rejects is broken, both ways. */
export interface CarrierFunctions {
  /** The next bytes, or null (or undefined) where there will be no more. */
  read(): Promise<Uint8Array | ArrayBuffer | null | undefined>
  /** Settles once more can be taken: that is what slows a writer down. The bytes are the function's to keep. */
  write(bytes: Bytes): Promise<unknown>
  /** All was written, and nothing more is wanted. */
  close?(): unknown
  /** Ends both ways at once; `close` is called where this is not there. */
  abort?(reason: Error): unknown
}

export function fromFunctions(functions: CarrierFunctions): ByteCarrier {
  const close = async () => {
    await functions.close?.()
  }
  return {
    async read() {
      const value = (await functions.read()) ?? null
      const bytes = value === null ? null : bytesOf(value)
      if (bytes !== undefined) return bytes
      throw misuse('ERR_INVALID_ARG_TYPE', `read: expected bytes or null, got ${shown(value)}`)
    },
    async write(bytes) {
      await functions.write(bytes)
    },
    close,
    abort(reason) {
      const gone = async () => {
        if (functions.abort) await functions.abort(reason)
        else await close()
      }
      void gone().catch(() => {})
    },
  }
}

export function isFunctions(thing: object): thing is CarrierFunctions {
  const { read, write } = thing as Partial<CarrierFunctions>
  return typeof read === 'function' && typeof write === 'function'
}
