/** Whether the ends themselves come to a halt by a schedule. */
import { PlayFailure } from '../schedule/failure.ts'
import type { Play, Schedule } from '../schedule/play.ts'
import { replay } from '../schedule/replay.ts'

export function stalls(play: Play, schedule: Schedule): boolean {
  try {
    replay(play, schedule)
    return false
  } catch (error) {
    return error instanceof PlayFailure && error.end === 'stalled'
  }
}
