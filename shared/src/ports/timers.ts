import type { Ms } from '../ids.ts'

/** Timers by name: a machine asks for them as data (`TimerRequest` in core/step.ts). */
export interface Timers<Name extends string> {
  /** Sets the timer, replacing one of the same name; null cancels. It fires once, never early. */
  set(name: Name, after: Ms | null): void
  /** Cancels all; nothing fires afterwards. */
  stop(): void
}
