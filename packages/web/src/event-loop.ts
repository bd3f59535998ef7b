/** Timers, and a later turn of the event loop, out of what the runtime has. */
import type { Timers } from '@biopair/ssl/stream'

export const timers: Timers = {
  set: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clear: timer => clearTimeout(timer as ReturnType<typeof setTimeout>),
  pause,
}

/** As soon as may be: a nested setTimeout of a page takes four milliseconds, a message to oneself does not. */
function pause(callback: () => void): void {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown }
  if (setImmediate) {
    setImmediate(callback)
    return
  }
  if (typeof MessageChannel === 'undefined') {
    setTimeout(callback, 0)
    return
  }
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    callback()
  }
  port2.postMessage(0)
}
