// Bundles the page. `node build.mjs` writes dist/; `node build.mjs --source FILE` writes a C++ source
// with the files and their compressed forms instead, for src/admin/web_assets.h.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

export const here = dirname(fileURLToPath(import.meta.url));
const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };

export const options = {
  entryPoints: { app: join(here, 'src/main.tsx') },
  outdir: join(here, 'dist/assets'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome109', 'firefox115', 'safari16'],
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none',
  logLevel: 'warning',
};

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

// [{ path, type, bytes }], the page first.
export async function bundle(more = {}) {
  const built = await esbuild.build({ ...options, ...more, write: false });
  const files = built.outputFiles.map(({ path, contents }) => {
    const kind = path.slice(path.lastIndexOf('.') + 1);
    return { kind, path: `assets/app-${digest(contents).slice(0, 12)}.${kind}`, type: types[kind], bytes: contents };
  });
  const named = (kind) => files.find((file) => file.kind === kind).path;
  const page = readFileSync(join(here, 'src/index.html'), 'utf8')
    .replace('app.css', named('css'))
    .replace('app.js', named('js'));
  return [{ path: '', type: 'text/html; charset=utf-8', bytes: Buffer.from(page) }, ...files];
}

// Octal escapes have three digits at most, so a digit behind one is no part of it.
function literal(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 64) {
    let line = '';
    for (const byte of bytes.subarray(at, at + 64)) {
      const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f;
      line += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    }
    lines.push(`    "${line}"`);
  }
  return lines.join('\n') || '    ""';
}

function source(files) {
  const entry = ({ path, type, bytes }) => {
    const small = gzipSync(bytes, { level: 9 });
    return `    {"/${path}", "${type}", "\\"${digest(bytes).slice(0, 16)}\\"",
     std::string_view(
${literal(bytes)},
         ${bytes.length}),
     std::string_view(
${literal(small)},
         ${small.length})},
`;
  };
  return `// Made by web/build.mjs.
#include <array>

#include "admin/web_assets.h"

namespace waymark::admin {

std::span<const WebAsset> web_assets() {
  static constexpr std::array<WebAsset, ${files.length}> kAssets{{
${files.map(entry).join('')}  }};
  return kAssets;
}

}  // namespace waymark::admin
`;
}

async function main() {
  const files = await bundle();
  const at = process.argv.indexOf('--source');
  if (at >= 0) {
    mkdirSync(dirname(process.argv[at + 1]), { recursive: true });
    writeFileSync(process.argv[at + 1], source(files));
    return;
  }
  rmSync(join(here, 'dist'), { recursive: true, force: true });
  for (const { path, bytes } of files) {
    const file = join(here, 'dist', path || 'index.html');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
