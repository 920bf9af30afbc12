// `completion SHELL`: a script that completes commands and flags.
import {string} from '@oclif/core/args';
import {BaseCommand} from '../base.ts';
import {completionScript, type Shell, shells} from '../completion/scripts.ts';
import {wordsOf} from '../completion/words.ts';

export default class Completion extends BaseCommand {
  static override readonly description =
    'For bash: cni-hook completion bash > /etc/bash_completion.d/cni-hook. For zsh: a file "_cni-hook" in a directory of the fpath. For fish: ~/.config/fish/completions/cni-hook.fish.';

  static override readonly args = {
    shell: string({description: 'Who is to complete.', required: true, options: [...shells]}),
  };

  async run(): Promise<{readonly shell: string; readonly script: string}> {
    const {args} = await this.parse(Completion);
    const shell = args.shell as Shell;
    const script = completionScript(shell, await wordsOf(this.config.commands));
    this.print([script.trimEnd()]);
    return {shell, script};
  }
}
