/** Processes that share the work, one task each at a time. */
import { type ChildProcess, fork } from 'node:child_process'
import type { Answer, Task } from './task.ts'

/** A run that takes this long does not end. */
const ANSWER_WITHIN_MS = 300_000

export class Pool {
  readonly #path: string
  readonly #idle: ChildProcess[] = []
  readonly #all = new Set<ChildProcess>()

  constructor(path: string) {
    this.#path = path
  }

  /** Answers in whatever order they come; ends when the tasks do, or when `enough` says so. */
  async work(
    tasks: Iterable<Task>,
    jobs: number,
    take: (answer: Answer, task: Task) => void,
    enough: () => boolean = () => false,
  ): Promise<void> {
    const left = tasks[Symbol.iterator]()
    const lane = async () => {
      while (!enough()) {
        const next = left.next()
        if (next.done) return
        take(await this.run(next.value), next.value)
      }
    }
    await Promise.all(Array.from({ length: jobs }, lane))
  }

  async run(task: Task): Promise<Answer> {
    const child = this.#idle.pop() ?? this.#start()
    const answer = await this.#ask(child, task)
    if (child.connected) this.#idle.push(child)
    return answer
  }

  stop(): void {
    for (const child of this.#all) child.kill('SIGKILL')
  }

  #start(): ChildProcess {
    const child = fork(this.#path, [], { execArgv: ['--enable-source-maps'], serialization: 'advanced' })
    this.#all.add(child)
    return child
  }

  #ask(child: ChildProcess, task: Task): Promise<Answer> {
    return new Promise((resolve) => {
      const failed = (why: string) => settle({ ok: false, seed: task.spec.seed, why, cpuMs: 0 })
      const onExit = () => failed('the process died')
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        failed('the run does not end')
      }, ANSWER_WITHIN_MS)
      const settle = (answer: Answer) => {
        clearTimeout(timer)
        child.off('message', settle)
        child.off('exit', onExit)
        if (!answer.ok && !child.connected) this.#all.delete(child)
        resolve(answer)
      }
      child.once('message', settle)
      child.once('exit', onExit)
      child.send(task)
    })
  }
}
