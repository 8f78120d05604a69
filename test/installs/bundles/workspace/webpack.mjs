/** Bundles programs for Node: `node webpack.mjs <folder of the bundles> <program>...` */
import { relative, resolve } from 'node:path';
import webpack from 'webpack';

const [folder, ...programs] = process.argv.slice(2);

const settings = {
  mode: 'production',
  target: 'node',
  entry: Object.fromEntries(
    programs.map((program) => [relative('programs', program), resolve(program)]),
  ),
  output: {
    path: folder,
    filename: ({ chunk }) => chunk.name.replace(/\.mjs$/, '.cjs'),
    chunkFilename: '[id].cjs',
  },
  externals: { 'better-sqlite3': 'commonjs better-sqlite3' },
  // It takes longer than the rest of the build.
  optimization: { minimize: false },
};

webpack(settings, (error, stats) => {
  if (error) throw error;
  console.log(stats.toString({ preset: 'errors-warnings', colors: false }));
  process.exitCode = stats.hasErrors() ? 1 : 0;
});
