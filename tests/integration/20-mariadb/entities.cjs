/* The original's entity classes, which are TypeScript with decorators: compiled as its build does. */
const fs = require('fs');
const Module = require('module');
const ts = require('typescript');

exports.load = (path) => {
  const compiled = ts.transpileModule(fs.readFileSync(path, 'utf8'), {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2017, experimentalDecorators: true, emitDecoratorMetadata: true,
    },
  });
  const entities = new Module(__dirname + '/entities.js', module);
  entities.filename = __dirname + '/entities.js';
  entities.paths = module.paths;
  entities._compile(compiled.outputText, entities.filename);
  return entities.exports;
};
