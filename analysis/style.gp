# What all figures share: Okabe and Ito's colours, told apart by line and point types as well. A script expects
# from its caller: dir (this folder), data, output, width, height. Run one by hand:
#   gnuplot -e "dir='analysis'; data='x.dat'; output='x.svg'; width=420; height=300; layers=36; secondary=1" analysis/scores.gp
set terminal svg size width,height dynamic enhanced font 'sans-serif,13' background rgb 'white'
set output output
set encoding utf8
set border 3 lc rgb '#555555'
set tics nomirror out scale 0.6
set grid lc rgb '#e4e4e4' lt 1
set key outside above left Left reverse horizontal samplen 2.0 spacing 1.1 width -2
set lmargin 8.5
set rmargin 1.5
set xlabel offset 0,0.3
set ylabel offset 0.6,0
set style line 1 lc rgb '#0072B2' lw 2.2 dt 1 pt 7 ps 0.5
set style line 2 lc rgb '#D55E00' lw 2.2 dt (12,4) pt 9 ps 0.6
set style line 3 lc rgb '#6b6b6b' lw 2.0 dt (3,3) pt 4 ps 0.5
set style line 4 lc rgb '#009E73' lw 2.0 dt (12,3,3,3) pt 5 ps 0.5
set style line 5 lc rgb '#CC79A7' lw 2.0 dt (6,2) pt 11 ps 0.6
set style line 6 lc rgb '#8a8a8a' lw 1.3 dt (2,3)
set style line 7 lc rgb '#D55E00' lw 1.6 dt (2,3)
