/** Waits for a condition with a bound; says what it waited for. */
export async function untilTrue(what: string, condition: () => boolean, boundMs = 4_500): Promise<void> {
  const end = performance.now() + boundMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${boundMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
