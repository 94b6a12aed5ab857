# MPI: the compiler wrapper (Open MPI's where several are installed; MPICC=... on
# the command line wins), a program that links, and the launcher for the tests.

AC_DEFUN([SINKGRID_PROG_MPICC], [
AC_ARG_VAR([MPICC], [MPI compiler wrapper])
AC_CHECK_PROGS([SINKGRID_MPICC], [${MPICC} mpicc.openmpi mpicc], [gcc])
])

AC_DEFUN([SINKGRID_CHECK_MPI], [
AC_ARG_VAR([MPIRUN], [MPI launcher, for the tests])
AC_MSG_CHECKING([for MPI])
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>]], [[MPI_Init(0, 0); MPI_Finalize();]])],
  [AC_MSG_RESULT([yes])
   case $CC in
   *mpicc.mpich*) sinkgrid_suffix=.mpich ;;
   *mpicc.openmpi*) sinkgrid_suffix=.openmpi ;;
   *) sinkgrid_suffix='' ;;
   esac
   AC_PATH_PROGS([MPIRUN], [mpirun$sinkgrid_suffix mpiexec$sinkgrid_suffix mpirun mpiexec], [mpirun])
   SINKGRID_FOUND([mpi], [$($MPIRUN --version 2>&1 | head -n 1), $MPIRUN])],
  [AC_MSG_RESULT([no])
   SINKGRID_MISSING([mpi], [libopenmpi-dev openmpi-bin])])
])
