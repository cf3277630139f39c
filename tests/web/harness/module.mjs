// A module of the page for node: what it exports, with what it needs from the browser given by the test.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repository } from './process.mjs';

const web = join(repository, 'web');
const esbuild = createRequire(join(web, 'package.json'))('esbuild');

export async function load(path) {
  const built = await esbuild.build({ entryPoints: [join(web, 'src', path)], bundle: true, format: 'esm', write: false });
  return import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].contents).toString('base64')}`);
}
