/** Shapes of plain data: whether something has one, and everything that is simpler than it by one thing. */

/** An integer from this up, the simpler the smaller; one that is the simpler the nearer it is to the usual; one of some words, a list, or a record of what it needs and what it may have. */
export type Shape =
  | number
  | { readonly least: number; readonly usual: number }
  | readonly string[]
  | ListShape
  | RecordShape

interface ListShape {
  readonly list: Shape
  /** Whether it may not be empty. */
  readonly some?: boolean
}

export interface RecordShape {
  readonly needs: Readonly<Record<string, Shape>>
  readonly may?: Readonly<Record<string, Shape>>
}

/** Throws a TypeError that says where something is not of a shape, or a RangeError where a number is none that may be there. */
export function checkShape(value: unknown, shape: Shape, where: string): void {
  if (typeof shape === 'number' || 'least' in shape) {
    const least = typeof shape === 'number' ? shape : shape.least
    if (!Number.isSafeInteger(value) || (value as number) < least)
      throw new RangeError(`${where}: expected an integer from ${least} up, got ${value}`)
    return
  }
  if (isWords(shape)) {
    if (!shape.includes(value as string))
      throw new TypeError(`${where}: expected ${shape.join(' or ')}, got ${value}`)
    return
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) throw new TypeError(`${where}: expected a list, got ${value}`)
    if (shape.some && value.length === 0)
      throw new RangeError(`${where}: expected one or more, got none`)
    for (const element of value) checkShape(element, shape.list, where)
    return
  }
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${where}: expected an object, got ${value}`)
  const all = { ...shape.needs, ...shape.may }
  const strange = Object.keys(value).find(name => !Object.hasOwn(all, name))
  if (strange !== undefined)
    throw new TypeError(`${where}.${strange}: expected one of ${Object.keys(all).join(', ')}`)
  for (const [name, part] of Object.entries(all)) {
    const field = (value as Readonly<Record<string, unknown>>)[name]
    if (field !== undefined || name in shape.needs) checkShape(field, part, `${where}.${name}`)
  }
}

/** Each value of the shape that is this one but for one number that is smaller, or one thing that is not there; the simplest first. */
export function* simplerBy<T>(value: T, shape: Shape): Generator<T> {
  yield* simplerOf(value, shape) as Generator<T>
}

function* simplerOf(value: unknown, shape: Shape): Generator<unknown> {
  if (typeof shape === 'number') {
    yield* smaller(value as number, shape)
    return
  }
  if (isWords(shape)) return
  if ('least' in shape) {
    yield* nearer(value as number, shape.usual)
    return
  }
  if ('list' in shape) {
    const list = value as readonly unknown[]
    if (list.length > 1) for (const at of list.keys()) yield list.toSpliced(at, 1)
    for (const [at, element] of list.entries())
      for (const other of simplerOf(element, shape.list)) yield list.with(at, other)
    return
  }
  const { needs, may = {} } = shape
  const record = value as Readonly<Record<string, unknown>>
  for (const name of Object.keys(may)) {
    if (!(name in record)) continue
    const { [name]: _gone, ...rest } = record
    yield rest
  }
  for (const [name, part] of Object.entries({ ...needs, ...may })) {
    if (record[name] === undefined) continue
    for (const other of simplerOf(record[name], part)) yield { ...record, [name]: other }
  }
}

/** The least, the half, and one less. */
export function* smaller(count: number, least: number): Generator<number> {
  if (count <= least) return
  yield* new Set([least, Math.max(least, count >> 1), count - 1])
}

/** The half of the way to the usual, and one nearer: the usual itself is what stands where nothing is said. */
function* nearer(value: number, usual: number): Generator<number> {
  const way = usual - value
  yield* new Set(
    [value + Math.trunc(way / 2), value + Math.sign(way)].filter(
      at => at !== value && at !== usual,
    ),
  )
}

function isWords(shape: Shape): shape is readonly string[] {
  return Array.isArray(shape)
}
