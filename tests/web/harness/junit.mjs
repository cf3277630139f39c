// A JUnit report for tests/run.sh: node 18 has no reporter of that kind.
const escaped = (text) =>
  String(text)
    .replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign])
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u001b]/g, '?');

export default async function* junit(events) {
  const cases = [];
  let failures = 0;
  let skipped = 0;
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') continue;
    const name = `name="${escaped(data.name)}" time="${((data.details?.duration_ms ?? 0) / 1000).toFixed(3)}"`;
    if (type === 'test:fail') {
      ++failures;
      const error = data.details?.error;
      cases.push(`<testcase ${name}><failure>${escaped(error?.cause?.stack ?? error?.cause ?? error)}</failure></testcase>`);
    } else if (data.skip !== undefined) {
      ++skipped;
      cases.push(`<testcase ${name}><skipped/></testcase>`);
    } else {
      cases.push(`<testcase ${name}/>`);
    }
  }
  yield `<?xml version="1.0"?>\n<testsuites><testsuite name="web" tests="${cases.length}" failures="${failures}" skipped="${skipped}">\n${cases.join('\n')}\n</testsuite></testsuites>\n`;
}
