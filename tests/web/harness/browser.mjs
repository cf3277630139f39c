// Chromium as Debian has it. Whatever a page complains of fails its test.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { patience } from './process.mjs';

const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export function launch() {
  const executablePath = candidates.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('Chromium is not installed (deploy/apt/test.txt)');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

// A page that remembers its faults: errors, what the Content-Security-Policy forbade, and requests to
// anywhere else but `rig.origin` and, of a lab, `rig.lab`. A refused request is told in the console as an error;
// `expected` says which are meant, and may be added to.
export async function openPage(browser, rig, { expected = [], ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: rig.origin });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const faults = [];
  page.on('pageerror', (fault) => faults.push(`error: ${fault.message}`));
  page.on('console', (said) => {
    const text = said.text();
    if (said.type() === 'error' && !expected.some((pattern) => pattern.test(text))) faults.push(text);
  });
  page.on('request', (request) => {
    if (![rig.origin, rig.lab].some((one) => one && request.url().startsWith(`${one}/`))) faults.push(`a request to ${request.url()}`);
  });
  await page.goto(rig.address);
  return { page, faults, close: () => context.close() };
}
