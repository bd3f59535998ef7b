/** What our tests use of ava, over node:assert: collects the tests of the files that import it, to be run again and again in one process. */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'

type Body = (t: Execution) => unknown

/** A test that a file has declared, with the file's name. */
export interface Collected {
  readonly title: string
  readonly file: string
  readonly body: Body
  readonly around: Around
}

interface Around {
  readonly before: Body[]
  readonly beforeEach: Body[]
  readonly afterEach: Body[]
}

interface Expected {
  readonly instanceOf?: new (...args: never[]) => unknown
  readonly is?: unknown
  readonly name?: string
  readonly code?: unknown
  readonly message?: string | RegExp | ((message: string) => boolean)
}

/** Everything collected, and the file that is being loaded: the loader says which. */
export const collection: { file: string; tests: Collected[]; around: Around } = {
  file: '',
  tests: [],
  around: { before: [], beforeEach: [], afterEach: [] },
}

/** The next test file begins. */
export function begin(file: string): void {
  collection.file = file
  collection.around = { before: [], beforeEach: [], afterEach: [] }
}

function judge(thrown: unknown, expected: Expected | undefined): void {
  assert.ok(thrown instanceof Error, 'an Error')
  if (expected === undefined) return
  const { instanceOf, name, code, message } = expected
  if (instanceOf !== undefined) assert.ok(thrown instanceof instanceOf)
  if ('is' in expected) assert.equal(thrown, expected.is)
  if (name !== undefined) assert.equal(thrown.name, name)
  if (code !== undefined) assert.equal((thrown as { code?: unknown }).code, code)
  if (typeof message === 'string') assert.equal(thrown.message, message)
  else if (message instanceof RegExp) assert.match(thrown.message, message)
  else if (message !== undefined) assert.ok(message(thrown.message))
}

/** Whether `actual` has what `selector` names, however deep. */
function like(actual: unknown, selector: unknown): void {
  if (selector === null || typeof selector !== 'object' || ArrayBuffer.isView(selector)) {
    assert.deepEqual(actual, selector)
    return
  }
  assert.ok(actual !== null && typeof actual === 'object')
  for (const key of Reflect.ownKeys(selector))
    like(Reflect.get(actual, key), Reflect.get(selector, key))
}

/** One run of one test. A failed assertion throws, also where ava would go on. */
class Execution {
  readonly title: string
  readonly context = {}
  readonly ends: (() => unknown)[] = []

  constructor(title: string) {
    this.title = title
  }

  pass = (): boolean => true
  fail = (message?: string): never => assert.fail(message ?? 'failed')
  assert = (value: unknown): void => assert.ok(value)
  truthy = (value: unknown): void => assert.ok(value)
  falsy = (value: unknown): void => assert.ok(!value)
  true = (value: unknown): void => assert.equal(value, true)
  false = (value: unknown): void => assert.equal(value, false)
  is = (value: unknown, other: unknown): void => assert.ok(Object.is(value, other))
  not = (value: unknown, other: unknown): void => assert.ok(!Object.is(value, other))
  deepEqual = (value: unknown, other: unknown): void => assert.ok(isDeepStrictEqual(value, other))
  notDeepEqual = (value: unknown, other: unknown): void =>
    assert.ok(!isDeepStrictEqual(value, other))
  like = like
  regex = (text: string, pattern: RegExp): void => assert.match(text, pattern)
  notRegex = (text: string, pattern: RegExp): void => assert.doesNotMatch(text, pattern)
  notThrows = (run: () => unknown): void => void run()
  notThrowsAsync = async (run: (() => PromiseLike<unknown>) | PromiseLike<unknown>) => {
    await (typeof run === 'function' ? run() : run)
  }
  throws = (run: () => unknown, expected?: Expected): unknown => {
    let thrown: unknown
    try {
      run()
    } catch (error) {
      thrown = error
    }
    judge(thrown, expected)
    return thrown
  }
  throwsAsync = async (
    run: (() => PromiseLike<unknown>) | PromiseLike<unknown>,
    expected?: Expected,
  ): Promise<unknown> => {
    let thrown: unknown
    try {
      await (typeof run === 'function' ? run() : run)
    } catch (error) {
      thrown = error
    }
    judge(thrown, expected)
    return thrown
  }
  log = (): void => {}
  plan = (): void => {}
  timeout = (): void => {}
  teardown = (end: () => unknown): void => void this.ends.unshift(end)
}

/** Runs one test to its end; rejects where it fails. */
export async function run({ title, body, around }: Collected): Promise<void> {
  const execution = new Execution(title)
  try {
    for (const before of around.before.splice(0)) await before(execution)
    for (const before of around.beforeEach) await before(execution)
    await body(execution)
  } finally {
    for (const after of around.afterEach) await after(execution)
    for (const end of execution.ends) await end()
  }
}

function declare(title: string, body: Body): void {
  const { file, around } = collection
  collection.tests.push({ title, file, body, around })
}

const after = Object.assign(() => {}, { always: () => {} })
const afterEach = Object.assign((body: Body) => void collection.around.afterEach.push(body), {
  always: (body: Body) => void collection.around.afterEach.push(body),
})

/** The declarations of ava that our tests make. What runs after all tests of a file is left to the end of the process. */
export default Object.assign(declare, {
  serial: declare,
  before: (body: Body) => void collection.around.before.push(body),
  beforeEach: (body: Body) => void collection.around.beforeEach.push(body),
  after,
  afterEach,
})
