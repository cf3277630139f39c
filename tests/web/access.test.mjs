// For everybody: with a keyboard, on a narrow screen, in the dark and in the light. The pages of a lab: lab.test.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { focused, isTold, tabTo } from './harness/access.mjs';
import { launch, openPage } from './harness/browser.mjs';
import { Rig } from './harness/rig.mjs';

const pages = ['#/', '#/connections', '#/upstreams', '#/broadcast', '#/events', '#/dead-letters', '#/config'];

let rig, browser;
before(async () => {
  browser = await launch();
  rig = await Rig.start({ stubs: [['red'], ['green'], ['a-rather-long-name-of-an-upstream-somewhere']], workers: 2 });
  for (let i = 0; i < 3; ++i) {
    const client = await rig.client();
    client.say('hello\n');
    await client.hears('hello\n');
  }
});
after(async () => {
  await browser?.close();
  await rig?.stop();
});

async function withPage(options, body) {
  const opened = await openPage(browser, rig, options);
  try {
    await opened.page.getByRole('heading', { name: 'Overview' }).waitFor();
    await body(opened.page);
    assert.deepEqual(opened.faults, []);
  } finally {
    await opened.close();
  }
}

const open = (page, address) => page.evaluate((to) => (location.hash = to), address);

test('nothing is wider than 400 pixels', async () => {
  await withPage({ viewport: { width: 400, height: 800 } }, async (page) => {
    const { connections } = await rig.ask('GET', '/v1/connections');
    const { upstreams } = await rig.ask('GET', '/v1/upstreams');
    for (const address of [...pages, `#/connections/${connections[0].mark}`, `#/upstreams/${upstreams[0].id}`]) {
      await open(page, address);
      await page.locator('main h1').waitFor();
      await page.waitForTimeout(400);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 400, `${address} is ${width} wide`);
    }
    await open(page, '#/upstreams');
    await page.locator('tbody tr', { hasText: 'red' }).getByRole('button', { name: /Actions on/ }).click();
    await page.getByRole('menuitem', { name: 'Weight…' }).click();
    const box = await page.getByRole('dialog').boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 400);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByLabel('Order').selectOption('name');
    assert.match(await page.locator('tbody tr').first().innerText(), /a-rather-long-name/);
  });
});

test('an action from the first key to the last', async () => {
  await withPage({}, async (page) => {
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to the page');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
    await page.reload();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await tabTo(page, 'Upstreams');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Upstreams' }).waitFor();
    await tabTo(page, 'Actions on red');
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(ring, 'solid', 'focus can be seen');
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'Drain…');
    await page.keyboard.press('ArrowUp');
    assert.equal(await focused(page), 'Remove…');
    await page.keyboard.press('Escape');
    assert.equal(await focused(page), 'Actions on red');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Drain this upstream?' });
    await dialog.waitFor();
    for (let i = 0; i < 12; ++i) {
      await page.keyboard.press('Tab');
      const inside = await page.evaluate(() => document.activeElement === document.body || Boolean(document.activeElement?.closest('dialog')));
      assert.ok(inside, 'focus stays in the dialog');
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await focused(page), 'Actions on red', 'focus is given back');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Drain', 10);
    await page.keyboard.press('Enter');
    await page.getByText('It is meant to be drain now.').waitFor();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
  });
  const { upstreams } = await rig.ask('GET', '/v1/upstreams');
  const red = upstreams.find((one) => one.name === 'red');
  assert.equal(red.admin_state, 'drain');
  await rig.ask('PATCH', `/v1/upstreams/${red.id}`, { admin_state: 'ready' });
});

test('tables are sorted and the topology is walked with a keyboard', async () => {
  await withPage({}, async (page) => {
    await page.locator('.box', { hasText: 'red' }).waitFor();
    await tabTo(page, 'upstream red');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'red' }).waitFor();
    await open(page, '#/connections');
    await page.locator('tbody tr').first().waitFor();
    await tabTo(page, 'Bytes up');
    await page.keyboard.press('Enter');
    await page.locator('th[aria-sort=descending]', { hasText: 'Bytes up' }).waitFor();
  });
});

function luminance([r, g, b]) {
  const part = (value) => ((value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
}

const colours = ['--text', '--faint', '--accent', '--ok', '--warn', '--bad', '--note', '--idle'];

for (const theme of ['dark', 'light']) {
  test(`${theme}: as the system has it, with enough contrast`, async () => {
    await withPage({ colorScheme: theme }, async (page) => {
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
      const shown = await page.evaluate((names) => {
        const probe = document.body.appendChild(document.createElement('i'));
        const seen = {};
        for (const name of names) {
          probe.style.color = `var(${name})`;
          seen[name] = getComputedStyle(probe).color.match(/\d+/g).slice(0, 3).map(Number);
        }
        probe.remove();
        return seen;
      }, [...colours, '--panel', '--ground']);
      for (const ground of ['--panel', '--ground']) {
        for (const name of colours) {
          const [a, b] = [luminance(shown[name]), luminance(shown[ground])];
          const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          assert.ok(contrast >= 4.5, `${name} on ${ground}: ${contrast.toFixed(2)}`);
        }
      }
      const other = theme === 'dark' ? 'light' : 'dark';
      await page.getByLabel('Colours').selectOption(other);
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), other);
      await page.reload();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), other, 'it is kept');
      await page.getByLabel('Colours').selectOption('system');
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
    });
  });
}

test('each page has one heading, and every input has a name', async () => {
  await withPage({}, async (page) => {
    for (const address of pages) {
      await open(page, address);
      await page.locator('main h1').waitFor();
      await isTold(page, address);
    }
  });
});
