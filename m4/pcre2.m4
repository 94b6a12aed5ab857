AC_DEFUN([SINKGRID_CHECK_PCRE2], [SINKGRID_CHECK_MODULE([pcre2], [PCRE2], [libpcre2-8], [libpcre2-dev])])
