/** One half of the page: a state, and lines of a name and what it is. */

export class Panel {
  readonly #section: HTMLElement

  constructor(id: string) {
    this.#section = document.getElementById(id) as HTMLElement
  }

  /** Says what became of something; the lines stay in the order in which they came first. */
  say(name: string, value: string | number | boolean | undefined): void {
    let line = this.#section.querySelector(`[data-fact="${name}"]`)
    if (!line) {
      const list = this.#section.querySelector('dl') as HTMLElement
      const title = document.createElement('dt')
      title.textContent = name
      line = document.createElement('dd')
      line.setAttribute('data-fact', name)
      list.append(title, line)
    }
    line.textContent =
      typeof value === 'number' ? value.toLocaleString('en') : String(value ?? 'none')
  }

  /** Runs what the panel is about, to its end. */
  async run(work: (panel: Panel) => Promise<void>): Promise<boolean> {
    try {
      await work(this)
      this.#state('done')
      return true
    } catch (error) {
      this.say('error', String(error))
      this.#state('failed')
      return false
    }
  }

  #state(state: 'done' | 'failed'): void {
    this.#section.dataset.state = state
    this.say('state', state)
  }
}
