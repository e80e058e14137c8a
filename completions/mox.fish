complete --keep-order --exclusive --command mox --arguments "(COMPLETE=fish mox -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
