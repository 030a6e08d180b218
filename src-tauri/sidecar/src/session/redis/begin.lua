-- ARGV[10] the session as JSON.

begin(ARGV[10], ARGV[2])
return 'begun'
