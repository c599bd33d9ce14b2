/** RG6: what the masters of other clusters hear of each cluster's votes, put together for its authority. */
import { type ClusterId, compareTokens, type Instant } from '../../ids.ts'
import { faultsTolerated } from '../ledger/types.ts'
import { unchanged } from '../step.ts'
import type { AuditSend, AuditState, AuditStep, ForeignSilenceOf, HeardEntry, Hearsay, Reporter } from './types.ts'

/** The newest word of a master about each other cluster. */
export function hear(state: AuditState, by: Reporter, heard: readonly HeardEntry[], now: Instant): AuditState {
  if (heard.length === 0) return state
  const before = state.hearsay.get(by.cluster)
  const order = before === undefined ? 1 : compareTokens(by, before.by)
  if (order < 0) return state
  const since = new Map<ClusterId, { at: Instant; never: boolean }>()
  for (const { cluster, forMs } of heard) {
    if (cluster === by.cluster || !state.clusters.includes(cluster)) continue
    if (forMs !== null) since.set(cluster, { at: (now - forMs) as Instant, never: false })
    else {
      // It has heard nothing since it started, and when that was it does not say: since it first said so.
      const known = order === 0 ? before?.since.get(cluster) : undefined
      since.set(cluster, known?.never === true ? known : { at: now, never: true })
    }
  }
  return { ...state, hearsay: new Map(state.hearsay).set(by.cluster, { by, at: now, since }) }
}

/** For how long the other clusters' masters that reported in the last third of `recoverAfter` have all heard no vote of this one. */
export function foreignSilence(state: AuditState, cluster: ClusterId, now: Instant): ForeignSilenceOf {
  const words = [...state.hearsay.values()].flatMap((word) => {
    return now - word.at > state.policy.recoverAfterMs / 3 ? [] : silenceIn(word, cluster)
  })
  const clusters = state.clusters.length
  return { reporters: words.length, clusters, silentForMs: words.length === 0 ? 0 : Math.floor(Math.min(...words)) }
}

/** The silence that a word is about ends with the word: what came after it is not known. */
function silenceIn({ at, since }: Hearsay, cluster: ClusterId): readonly number[] {
  const known = since.get(cluster)
  return known === undefined ? [] : [Math.max(0, at - known.at)]
}

/** Authorities are told of a silence that may matter, often enough to be fresh, and of its end at once. */
export function tellSilence(state: AuditState, now: Instant): AuditStep {
  const { recoverAfterMs } = state.policy
  const send: AuditSend[] = []
  const told = new Map(state.told)
  for (const cluster of state.clusters) {
    const silence = foreignSilence(state, cluster, now)
    const silent = silence.silentForMs >= recoverAfterMs && silence.reporters > faultsTolerated(silence.clusters)
    const last = told.get(cluster)
    const due = silent ? last?.silent !== true || now - last.at >= recoverAfterMs / 6 : last?.silent === true
    if (!due) continue
    told.set(cluster, { at: now, silent })
    send.push({ s: 'foreignSilence', cluster, ...silence })
  }
  return send.length === 0 ? unchanged(state) : { ...unchanged({ ...state, told }), send }
}
