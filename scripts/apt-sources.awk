# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# Reads apt sources of both formats (one line per source in *.list, paragraphs in *.sources) and
# prints "URI SUITE COMPONENT..." for each archive of binary packages that is switched on.

function paragraph_end(    uri, suite, i, j) {
	if (field["types"] ~ /(^| )deb( |$)/ && tolower(field["enabled"]) !~ /^(no|false|0|off)$/) {
		split(field["uris"], uri)
		split(field["suites"], suite)
		for (i = 1; i in uri; i++)
			for (j = 1; j in suite; j++)
				print uri[i], suite[j], field["components"]
	}
	delete field
	name = ""
}

function trimmed(text) {
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	return text
}

FNR == 1 { paragraph_end() }
/^[ \t]*#/ { next }

FILENAME ~ /\.list$/ {
	sub(/#.*/, "")
	sub(/\[[^]]*\]/, "")
	if ($1 == "deb") {
		sub(/^[ \t]*deb[ \t]+/, "")
		print trimmed($0)
	}
	next
}

/^[ \t]*$/ { paragraph_end(); next }
/^[ \t]/ { field[name] = trimmed(field[name] " " trimmed($0)); next }
{
	name = tolower($0)
	sub(/[ \t]*:.*/, "", name)
	field[name] = trimmed(substr($0, index($0, ":") + 1))
}
END { paragraph_end() }
