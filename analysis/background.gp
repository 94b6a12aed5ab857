# How close all tokens are to the primary's direction. data: layer, median, 99 % quantile of |cosine|; limit, begin, end.
load dir.'/style.gp'
set xrange [0:layers-1]
set yrange [0:1.02]
set xlabel 'layer'
set ylabel '|cosine| to the primary'
set object 1 rectangle from begin, 0 to end, 1.02 behind fc rgb '#eef4f9' fillstyle solid noborder
plot limit ls 7 title 'detect.cosine', \
     data using 1:2 with lines ls 3 title 'median', \
     '' using 1:3 with lines ls 1 title '99 % quantile'
