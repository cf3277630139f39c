// What a page is asked for those who use it with a keyboard, or have it read out.
import assert from 'node:assert/strict';

export const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '');

// Focus goes there by Tab alone.
export async function tabTo(page, name, most = 60) {
  for (let i = 0; i < most; ++i) {
    await page.keyboard.press('Tab');
    if ((await focused(page)).startsWith(name)) return;
  }
  assert.fail(`Tab does not lead to ${name}`);
}

// One heading, and a name for whatever can be used.
export async function isTold(page, what) {
  assert.equal(await page.locator('h1').count(), 1, what);
  const nameless = await page.locator('input, select, textarea, button, a').evaluateAll((all) =>
    all.filter((one) => !(one.labels?.length || one.getAttribute('aria-label') || one.textContent.trim())).map((one) => one.outerHTML),
  );
  assert.deepEqual(nameless, [], what);
}
