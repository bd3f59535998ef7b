/** Listeners of an EventTarget, or of what Node has in its place: put on together, and taken off together. */

/** As an EventTarget, or as an EventEmitter. */
export interface Listenable {
  addEventListener?(type: string, listener: (event: unknown) => void): void
  removeEventListener?(type: string, listener: (event: unknown) => void): void
  on?(type: string, listener: (value: unknown) => void): unknown
  off?(type: string, listener: (value: unknown) => void): unknown
}

/** Whether something can be listened to. */
export function listens(thing: object): thing is Listenable {
  const { addEventListener, on } = thing as Listenable
  return typeof addEventListener === 'function' || typeof on === 'function'
}

/** Puts these on; what it answers takes them off. An EventEmitter gives the bare value, which is made to look like the event. */
export function listen(
  target: Listenable,
  listeners: Readonly<Record<string, (event: { readonly data?: unknown }) => void>>,
): () => void {
  const put = Object.entries(listeners).map(([type, told]) => {
    const listener = told as (event: unknown) => void
    if (target.addEventListener) {
      target.addEventListener(type, listener)
      return () => target.removeEventListener?.(type, listener)
    }
    const bare = (data: unknown) => listener({ data })
    target.on?.(type, bare)
    return () => target.off?.(type, bare)
  })
  return () => {
    for (const takeOff of put) takeOff()
  }
}
