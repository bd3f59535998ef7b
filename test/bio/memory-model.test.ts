/** The memory BIO with all its options against a list and a place in it: any order of calls. */
import { MemoryBio, type MemoryOptions } from '@biopair/bio'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { AsyncAct } from './support/act.ts'
import { codeOf, eof, retryRead, retryWrite, settled } from './support/bytes.ts'

interface Model {
  readonly options: MemoryOptions
  /** What is still there; from `at` on it is unread. */
  bytes: number[]
  at: number
  next: number
  ending: 'eof' | Error | undefined
  writeStop: string | undefined
  /** Every storage that was seen: what is wiped is wiped there. */
  readonly storages: Set<ArrayBufferLike>
}

type Step = AsyncAct<Model, MemoryBio>

const keeps = ({ options }: Model) => options.rewindable === true || options.readOnly === true
const unread = (model: Model) => model.bytes.length - model.at
const free = (model: Model) => (model.options.limit ?? Number.POSITIVE_INFINITY) - unread(model)

/** Never 0, so that a byte that was wiped is told from one that was not. */
function fresh(model: Model, count: number): number[] {
  return Array.from({ length: count }, (_, i) => 1 + ((model.next + i) % 255))
}

function forget(model: Model): void {
  model.bytes.splice(0, model.at)
  model.at = 0
}

function give(model: Model, bytes: number[]): void {
  forget(model)
  model.bytes.push(...bytes)
  model.next += bytes.length
}

function move(model: Model, at: number): void {
  model.at = at
  if (!keeps(model)) forget(model)
}

function whyNoRead(model: Model): unknown {
  if (unread(model) > 0) return undefined
  return model.ending ?? retryRead
}

function whyNoWrite(model: Model): unknown {
  return model.writeStop ?? (free(model) > 0 ? undefined : retryWrite)
}

function expectStop(t: ExecutionContext, answer: unknown, expected: unknown): void {
  if (expected === 'eof') t.deepEqual(answer, eof)
  else if (typeof expected === 'string') t.is(codeOf(answer), expected)
  else if (expected instanceof Error) t.is((answer as { error: Error }).error, expected)
  else t.deepEqual(answer, expected)
}

async function agree(t: ExecutionContext, model: Model, bio: MemoryBio): Promise<void> {
  t.is(bio.pending, unread(model))
  t.is(bio.tell(), model.at)
  t.is(bio.eof, model.ending === 'eof' && unread(model) === 0)
  const run = bio.run()
  const why = whyNoRead(model)
  if (why === undefined) t.deepEqual([...(run as Uint8Array)], model.bytes.slice(model.at))
  else expectStop(t, run, why)
  t.is(await settled(bio.ready('read')), why !== retryRead)
  t.is(await settled(bio.ready('write')), whyNoWrite(model) !== retryWrite)
  if (!model.options.wipes) return
  if (run instanceof Uint8Array) model.storages.add(run.buffer)
  const found = [...model.storages].flatMap(storage => [...new Uint8Array(storage)])
  t.is(found.filter(byte => byte !== 0).length, model.storages.size && model.bytes.length)
}

function acts(t: ExecutionContext): fc.Arbitrary<Step>[] {
  const size = fc.oneof(fc.nat(9), fc.nat(800))
  const act = (name: string, does: (model: Model, bio: MemoryBio) => void): Step =>
    new AsyncAct(name, async (model, bio) => {
      does(model, bio)
      await agree(t, model, bio)
    })
  const sized = (name: string, does: (n: number) => (model: Model, bio: MemoryBio) => void) =>
    size.map(n => act(`${name}(${n})`, does(n)))
  const range = { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
  const write = sized('write', n => (model, bio) => {
    const bytes = fresh(model, n)
    const why = n === 0 ? 0 : whyNoWrite(model)
    const answer = bio.write(Uint8Array.from(bytes))
    if (why !== undefined) return expectStop(t, answer, why)
    t.is(answer, Math.min(n, free(model)))
    give(model, bytes.slice(0, Math.min(n, free(model))))
  })
  const read = sized('read', n => (model, bio) => {
    const into = new Uint8Array(n)
    const why = n === 0 ? 0 : whyNoRead(model)
    const answer = bio.read(into)
    if (why !== undefined) return expectStop(t, answer, why)
    const expected = model.bytes.slice(model.at, model.at + n)
    t.is(answer, expected.length)
    t.deepEqual([...into.subarray(0, expected.length)], expected)
    move(model, model.at + expected.length)
  })
  const consume = sized('consume', n => (model, bio) => {
    if (n > unread(model)) return void t.throws(() => bio.consume(n), range)
    bio.consume(n)
    move(model, model.at + n)
  })
  const commit = fc.tuple(fc.option(size), size).map(([wanted, n]) =>
    act(`room(${wanted}) commit(${n})`, (model, bio) => {
      const room = wanted === null ? bio.room() : bio.room(wanted)
      const why = whyNoWrite(model)
      if (why !== undefined) {
        if (n > 0) t.throws(() => bio.commit(n), range)
        return expectStop(t, room, why)
      }
      const lent = room as Uint8Array
      forget(model)
      t.true(lent.length >= Math.min(wanted ?? 1, free(model)))
      t.true(lent.length <= free(model))
      if (n > lent.length) return void t.throws(() => bio.commit(n), range)
      model.storages.add(lent.buffer)
      lent.fill(0xee)
      const bytes = fresh(model, n)
      lent.set(bytes)
      give(model, bytes)
      bio.commit(n)
    }),
  )
  const nothing = act('commit(0)', (_, bio) => bio.commit(0))
  const seek = sized('seek', n => (model, bio) => {
    if (n > model.bytes.length) return void t.throws(() => bio.seek(n), range)
    bio.seek(n)
    move(model, n)
  })
  const rewind = act('rewind()', (model, bio) => {
    if (!keeps(model)) return void t.throws(() => bio.rewind(), { instanceOf: TypeError })
    bio.rewind()
    model.at = 0
  })
  const replace = sized('replace', n => (model, bio) => {
    const bytes = fresh(model, n)
    const given = Uint8Array.from(bytes)
    if (n > (model.options.limit ?? n)) return void t.throws(() => bio.replace(given), range)
    bio.replace(given)
    model.at = model.bytes.length
    give(model, bytes)
  })
  const reset = act('reset()', (model, bio) => {
    bio.reset()
    model.at = model.options.readOnly ? 0 : model.bytes.length
    if (!model.options.readOnly) forget(model)
  })
  const ends = (name: string, ending: 'eof' | Error, code: string, end: (bio: MemoryBio) => void) =>
    act(name, (model, bio) => {
      end(bio)
      model.ending ??= ending
      model.writeStop ??= code
    })
  const lost = new Error('lost')
  const rare = fc.oneof(
    replace,
    fc.constantFrom(
      reset,
      ends('end()', 'eof', 'ERR_BIO_BROKEN_PIPE', bio => bio.end()),
      ends('close()', 'eof', 'ERR_BIO_CLOSED', bio => bio.close()),
      ends('close(error)', lost, 'ERR_BIO_CLOSED', bio => bio.close(lost)),
    ),
  )
  return [write, read, consume, commit, write, read, seek, fc.constantFrom(rewind, nothing), rare]
}

const limit = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 300, max: 2000 }))
const options: fc.Arbitrary<MemoryOptions> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      { limit, rewindable: fc.boolean(), wipes: fc.boolean() },
      { requiredKeys: [] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ min: 1, maxLength: 300 })
      .map(bytes => ({ bytes: Uint8Array.from(bytes), readOnly: true })),
  },
)

test('a memory BIO is a list and a place in it, with any options and whatever is called', async t => {
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.commands(acts(t), { maxCommands: 60, size: 'max' }),
      async (options, commands) => {
        const readOnly = options.readOnly === true
        const model: Model = {
          options,
          bytes: [...(options.bytes ?? [])],
          at: 0,
          next: 0,
          ending: readOnly ? 'eof' : undefined,
          writeStop: readOnly ? 'ERR_BIO_WRITE_TO_READ_ONLY_BIO' : undefined,
          storages: new Set(),
        }
        await fc.asyncModelRun(() => ({ model, real: new MemoryBio(options) }), commands)
      },
    ),
    { numRuns: 300 },
  )
  t.pass()
})
