# Alignment of the MLP's stages with the primary. data: row, name, at l_start, one layer before, background at l_start.
load dir.'/style.gp'
set lmargin 13.5
set xrange [0:1.02]
set yrange [8.5:0.5]
set xlabel '|cosine| to the same stage at the primary'
set ytics scale 0
plot data using 5:1:ytic(2) with points pt 4 ps 0.8 lw 1.6 lc rgb '#6b6b6b' title 'all tokens', \
     '' using 4:1 with points pt 6 ps 0.9 lw 1.8 lc rgb '#0072B2' title 'layer before', \
     '' using 3:1 with points pt 7 ps 0.8 lc rgb '#D55E00' title 'at l_{start}'
