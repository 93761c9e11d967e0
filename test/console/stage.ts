import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core';
import { findChromium } from '@trustcast/dev/setup/chromium.mjs';
import { Installation } from '../kit/installation.js';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The console in Chromium, before an installation of real parts. */
export class Stage {
  readonly installation: Installation;
  readonly browser: Browser;
  /** What pages did that they must not: requests elsewhere, refusals of their policy, errors. */
  readonly faults: string[] = [];

  private constructor(installation: Installation, browser: Browser) {
    this.installation = installation;
    this.browser = browser;
  }

  static async start(): Promise<Stage> {
    // First, for it says what to do where there is none.
    const executablePath = findChromium();
    const [installation, browser] = await Promise.all([
      Installation.start(),
      chromium.launch({ executablePath, headless: true, args: FLAGS }),
    ]);
    return new Stage(installation, browser);
  }

  /** A page in a browser profile of its own. */
  async open(path = '/', options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy|Uncaught/i.test(message.text()))
        this.faults.push(message.text());
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== 'blob:' && origin !== this.installation.url) this.faults.push(`a request to ${request.url()}`);
    });
    await page.goto(`${this.installation.url}/console${path}`);
    return page;
  }

  /** The same, signed in. */
  async signedIn(path = '/', options?: BrowserContextOptions, token = this.installation.stack.token): Promise<Page> {
    const page = await this.open(path, options);
    await signIn(page, token);
    return page;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.installation.stop();
  }
}

export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('API token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}
