" SPDX-License-Identifier: ISC
autocmd BufNewFile,BufRead sendoff.ini,sendoff.ini.sample setfiletype sendoff
