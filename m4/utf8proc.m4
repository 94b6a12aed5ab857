AC_DEFUN([SINKGRID_CHECK_UTF8PROC], [SINKGRID_CHECK_MODULE([utf8proc], [UTF8PROC], [libutf8proc], [libutf8proc-dev])])
