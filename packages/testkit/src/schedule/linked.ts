/** `linked`: the link of a plan, of whatever it carries. */
import { DatagramLink } from './datagram-link.ts'
import { type DatagramPlan, datagramShape } from './datagram-plan.ts'
import { Link } from './link.ts'
import { type LinkPlan, linkShape } from './link-plan.ts'
import { checkShape, type RecordShape } from './shape.ts'

/**
 * A link as a plan says, with nothing on it; a number is a ring of that size in each direction. RangeError where a plan cannot be, and
 * TypeError where it is none.
 */
export function linked(plan: LinkPlan | number): Link
export function linked(plan: DatagramPlan): DatagramLink
export function linked(plan: LinkPlan | DatagramPlan | number): Link | DatagramLink
export function linked(plan: LinkPlan | DatagramPlan | number): Link | DatagramLink {
  if (typeof plan === 'number') return linked({ there: { ring: plan }, back: { ring: plan } })
  checkShape(plan?.carries ?? 'bytes', ['bytes', 'datagrams'], 'link.carries')
  checkShape(plan, shapeOf(plan), 'link')
  return plan.carries === 'datagrams' ? new DatagramLink(plan) : new Link(plan)
}

/** What a plan of that kind may say. */
export function shapeOf(plan: LinkPlan | DatagramPlan): RecordShape {
  return plan?.carries === 'datagrams' ? datagramShape : linkShape
}
