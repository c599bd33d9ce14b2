import { COMBINATIONS, tryLinks } from './every-link.ts'

/** Tries every combination; the exit status. */
export function tryAllLinks(json: boolean): number {
  const wrong = Array.from({ length: COMBINATIONS }, (_, combination) => tryLinks(combination)).filter(
    (each) => each !== null,
  )
  if (json) console.log(JSON.stringify({ combinations: COMBINATIONS, wrong }))
  else
    console.log(
      [...wrong, `${COMBINATIONS} combinations, ${wrong.length} without the master they should have`].join('\n'),
    )
  return wrong.length === 0 ? 0 : 1
}
